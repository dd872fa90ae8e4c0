"""Tables and plots of `docs/placement.md`, made from condensed reports alone."""
