"""XML-RPC for the engine itself, where no proxy is; the entrance is `server.EngineEndpoint`."""
