"""JSON under /api/v1, /healthz and the page, for people and programs; the entrance is `server.WebApi`."""
