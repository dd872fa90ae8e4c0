"""The web API: JSON under /api/v1, /healthz and the page, for people and programs.

The entrance is `application.WebApi`, an ASGI application that loads all the rest when somebody asks. It only
reads: nothing here changes what the service knows or decides.
"""
