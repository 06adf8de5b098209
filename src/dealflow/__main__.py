"""`python -m dealflow` is the program `dealflow`."""

from dealflow.cli import main

if __name__ == "__main__":
    main()
