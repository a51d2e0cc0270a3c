"""What the peers share: work done in turns. Each line on standard input is one turn, of as many runs as it says; the answer is a
line with the milliseconds of each, as a clock on the wall sees them and as processor time. A peer that isn't installed ends with
the status NOT_THERE."""
import sys
import time

NOT_THERE = 77


def serve(run):
    """@run: does the work once; what it returns, if anything, are the milliseconds that count for both."""
    def timed():
        wall, cpu = time.perf_counter(), time.process_time()
        counted = run()
        both = ((time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3) if counted is None else (counted, counted)
        return '%.4f/%.4f' % both
    timed()
    print('ready', flush=True)
    for line in sys.stdin:
        print(*(timed() for _ in range(int(line))), flush=True)
