"""What keeps a log true, small and private: archive, erase, redact, protect, verify."""
