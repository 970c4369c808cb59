"""
The composition root: the only package that knows every part, one module for each program that is put together.

Each makes its parts with plain constructor calls, opens them in order, serves, and closes them in reverse.
"""
