"""
Turn into a server: give up root, arrange to end with the parent, then exec.

    exec_child.py PARENT_PID DEATH_SIGNAL USER_ID GROUP_ID COMMAND [ARGUMENT ...]

USER_ID -1 keeps the user. subprocess could do all of this between fork and exec, but
then it must use fork(), and a forked copy of a process in which gRPC runs may crash
before the exec. Without such wishes it uses vfork(), and this program does the rest.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Never returns: the command takes over this process."""
    parent, death_signal, user_id, group_id = map(int, sys.argv[1:5])
    command = sys.argv[5:]
    if user_id >= 0:
        os.setgroups([])
        os.setgid(group_id)
        os.setuid(user_id)
    if sys.platform == "linux":
        # After the change of user, which clears the setting; exec keeps it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the call above
            sys.exit("the test process is gone")
    os.execv(command[0], command)  # noqa: S606 - turning into it is the purpose


if __name__ == "__main__":
    main()
