"""Talks to a command through a pseudo-terminal. argv: JSON {"steps": [{"expect": ..., "send": ...}], "timeout": s}, then the command.
Prints JSON {"code", "screen"}: the exit code, and everything that the terminal got."""
import json, os, pty, select, sys, time

plan = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

screen, seen = b'', 0


def read(seconds):
    global screen
    ready, _, _ = select.select([fd], [], [], seconds)
    if not ready:
        return True
    try:
        data = os.read(fd, 65536)
    except OSError:
        data = b''
    screen += data
    return data != b''


def finish(problem=None):
    try:
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
    except ChildProcessError:
        code = None
    print(json.dumps({'code': code, 'screen': screen.decode('utf8', 'replace'), 'problem': problem}))
    sys.exit(0)


for step in plan['steps']:
    deadline = time.monotonic() + plan['timeout']
    wanted = step.get('expect', '').encode()
    while wanted not in screen[seen:]:
        if time.monotonic() > deadline or not read(0.1):
            os.kill(pid, 9)
            finish('did not show ' + repr(step['expect']))
    seen = screen.index(wanted, seen) + len(wanted)
    if 'send' in step:
        time.sleep(step.get('pause', 0.05))
        os.write(fd, step['send'].encode())
deadline = time.monotonic() + plan['timeout']
while read(0.1):
    if time.monotonic() > deadline:
        os.kill(pid, 9)
        finish('did not end')
finish()
