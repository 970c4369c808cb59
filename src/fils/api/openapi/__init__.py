"""
The API described in OpenAPI 3.1, for programs and for the page that people read.

``operations`` is the table of what can be asked; ``answers`` types what is answered; the bodies of requests are the
Structs of ``fils.api.schemas`` that also check them. ``document`` puts it all together.
"""
