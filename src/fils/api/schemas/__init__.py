"""
What the bodies of requests may look like, and how they are read.

``setup`` and the modules it is made of hold Structs: the only place that says which values have the right shape, from
which the API's description is generated too. ``reading`` turns a body into them and names every fault;
``setup_terms`` turns them into what the use cases take, and back.
"""
