"""``python -m sqla_osiris`` is the command ``osiris``."""

from sqla_osiris.cli import main

if __name__ == "__main__":
    main()
