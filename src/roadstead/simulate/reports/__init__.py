"""Position reports of a fleet whose truth is known, with every fault of the catalogue on demand."""
