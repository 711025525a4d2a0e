"""The uploader beside its peers. Empty: the network and a peer's server are imported without Django."""
