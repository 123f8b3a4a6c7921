"""Running rds-sync from tests."""


class Program:
    def __init__(self, binary, home):
        self.binary = binary
        self.home = home

    def close(self):
        pass
