"""The host's own allocator, replayed: where would it put what a VM asks for, or why would it refuse?

The entrance is `placement.place`. Pure functions of an inventory, without engine, clock or claims.
"""
