"""`python -m roadstead.record`: one recording process; started by `process.Recorder`, which hands it its job."""

from roadstead.record.process import main

if __name__ == "__main__":
    main()
