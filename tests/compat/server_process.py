#!/usr/bin/env python3
"""A server for the suite to talk to, which a fresh one replaces before every unit.

usage: server_process.py restart FOLDER     stop the server of FOLDER if there is one, start a new one
       server_process.py stop FOLDER

The suite's runner calls `restart` as a command of its own, so what is to be started stands in
FOLDER/command.json and the process id in FOLDER/pid. The server works in FOLDER/data, which is emptied.
"""
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

READY_SECONDS = 20
STOP_SECONDS = 20


def path(folder, name):
    return os.path.join(folder, name)


def running(folder):
    """The process id of the server of this folder, or None. Guards against a reused id."""
    try:
        with open(path(folder, "pid"), encoding="ascii") as file:
            pid = int(file.read())
        if os.path.samefile(f"/proc/{pid}/cwd", path(folder, "data")):
            return pid
    except (OSError, ValueError):
        pass
    return None


def stop(folder):
    pid = running(folder)
    if pid is None:
        return
    end = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(end, select.POLLIN)
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        signal.pidfd_send_signal(end, signal_number)
        if poll.poll(STOP_SECONDS * 1000):
            break
    os.close(end)


def start(folder):
    with open(path(folder, "command.json"), encoding="utf-8") as file:
        wanted = json.load(file)
    shutil.rmtree(path(folder, "data"), ignore_errors=True)
    os.mkdir(path(folder, "data"))
    with open(path(folder, "server.log"), "ab") as log:
        process = subprocess.Popen(wanted["command"], cwd=path(folder, "data"), stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, start_new_session=True)
    with open(path(folder, "pid"), "w", encoding="ascii") as file:
        file.write(str(process.pid))
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", wanted["port"]), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"the server does not listen; see {path(folder, 'server.log')}")


def prepare(folder, command, port):
    os.makedirs(folder, exist_ok=True)
    with open(path(folder, "command.json"), "w", encoding="utf-8") as file:
        json.dump({"command": command, "port": port}, file)


def main(verb, folder):
    if verb not in ("restart", "stop"):
        raise SystemExit(__doc__)
    stop(folder)
    if verb == "restart":
        start(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
