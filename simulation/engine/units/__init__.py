"""External policy units: which there are, who is asked, and what the engine makes of the answers.

`table.ExternalUnits` is what scheduling uses. The room does not choose hosts: that is `commands.scheduling`.
"""
