#!/usr/bin/env python3
"""The solver cvc5 from its Python package, as the program that proofs expect: SMT-LIB comes in, answers go out.

For machines whose packages do not have the program itself:

    python3 -m venv solver && solver/bin/pip install cvc5==1.3.1
    printf '#!/bin/sh\nexec %s/solver/bin/python %s/docs/cvc5-shim.py "$@"\n' "$PWD" "$PWD" > cvc5 && chmod +x cvc5
    CVC5="$PWD/cvc5" ordinance framework prove ...
"""

import sys

import cvc5


def options(arguments):
    """`--name=value` as pairs; `--lang smt` is what the shim speaks anyway."""
    for argument in arguments:
        if argument.startswith("--") and "=" in argument:
            yield argument[2:].split("=", 1)


def commands(lines):
    """Whole commands: lines up to where every bracket is closed, not counting texts, quoted names and comments."""
    waiting, depth, quote = [], 0, None
    for line in lines:
        waiting.append(line)
        for letter in line:
            if quote:
                quote = None if letter == quote else quote
            elif letter == ";":
                break
            elif letter in '"|':
                quote = letter
            else:
                depth += (letter == "(") - (letter == ")")
        if depth == 0 and not quote:
            yield "".join(waiting)
            waiting = []


class Session:
    """One solver with its names. `(reset)` is the driver's to do, so each gets a new session."""

    def __init__(self):
        terms = cvc5.TermManager()
        self.solver = cvc5.Solver(terms)
        for name, value in options(sys.argv[1:]):
            self.solver.setOption(name, value)
        self.names = cvc5.SymbolManager(terms)
        self.parser = cvc5.InputParser(self.solver, self.names)

    def answer(self, text):
        """Runs what a text says; whether a new session must begin."""
        self.parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "stdin")
        while not (command := self.parser.nextCommand()).isNull():
            if command.getCommandName() == "reset":
                return True
            if said := command.invoke(self.solver, self.names):
                print(said.rstrip("\n"))
        return False


def main():
    session = Session()
    for text in commands(sys.stdin):
        try:
            if session.answer(text):
                session = Session()
        except Exception as error:  # A parser that has failed cannot go on; the prover starts another program.
            print('(error "Parse Error: {}")'.format(str(error).replace('"', "'").replace("\n", " ")), flush=True)
            sys.exit(1)
        sys.stdout.flush()


main()
