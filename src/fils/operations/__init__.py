"""
The operator's edge: requests of the commands on this machine, answered from the use cases.

A command asks either the Fils that runs, through its door (a Unix domain socket), or, when none runs, the very same
code on the store that it opens itself. ``messages`` says what can be asked, ``answering`` answers it, ``door`` and
``asking`` carry it from one process to another.
"""
