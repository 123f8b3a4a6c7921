# Tests of the screens.
