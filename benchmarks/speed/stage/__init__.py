"""What measurements are made with: fleets, an engine and VDSMs that cost nothing, the service, the plugins.

`processes` starts each as production runs it, or as a stub, in a process of its own.
"""
