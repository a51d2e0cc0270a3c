"""The humanseg command, asked for figures: what the benches that make tables share."""
import json
import os
import re
import subprocess
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
HUMANSEG = os.path.join(ROOT, 'build/src/cli/humanseg')


class Command:
    def __init__(self, program):
        self.program = program

    def run(self, *words):
        """What it prints; CalledProcessError where it fails, which has said why by then."""
        return subprocess.run([self.program, *map(str, words)], stdout=subprocess.PIPE, text=True, check=True).stdout

    def figures(self, *words):
        """What a subcommand with --json writes."""
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, 'figures.json')
            self.run(*words, '--json', file)
            with open(file, encoding='utf-8') as text:
                return json.load(text)

    def scores(self, model, data, *options):
        """{score: value}, pooled over all folders of @data."""
        return self.figures('eval', '--model', model, *sum((['--data', folder] for folder in data), []), *options)

    def counts(self, network):
        """Parameters and multiply-adds; @network: a model or the options of an architecture."""
        text = self.run('info', *network)
        return tuple(int(re.search(rf'^{name} +(\d+)', text, re.M)[1]) for name in ('parameters', 'multiply-adds'))


def markdown(head, rows):
    """A table; what is None is a dash."""
    lines = [head, ['---'] * len(head), *rows]
    return ''.join('| ' + ' | '.join('–' if cell is None else str(cell) for cell in line) + ' |\n' for line in lines)


def score(value):
    return None if value is None else f'{value:.4f}'
