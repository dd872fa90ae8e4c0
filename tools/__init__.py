"""Makes files out of the product: the hook as one file, the manual page, documents made from the code.

Each module is a command of its own. Nothing here is installed, and the product knows nothing of it.
"""
