"""XML-RPC for the engine itself, where no proxy is.

The entrance is `application.Application`, an ASGI application; `external` has the methods behind it, `xmlrpc`
their form. It asks a `Decider`, and knows neither how that decides nor which port it is served at.
"""
