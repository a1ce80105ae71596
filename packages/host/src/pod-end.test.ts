import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PodsNotSeen, untilPodHasEnded } from './pod-end.ts';

const POD = '0b7d3c0e-4f6b-4b0a-9d51-2c1f0f1f9e11';
const OTHER = '0b7d3c0e-4f6b-4b0a-9d51-2c1f0f1f9e12';

let root: string;
let child: ChildProcess | undefined;
let proc: string;
let cgroupMount: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pod-end-'));
  proc = join(root, 'proc');
  cgroupMount = join(root, 'cgroup');
  mkdirSync(cgroupMount);
  aProcess(1, '0::/init.scope\n');
  aProcess(2, `0::/kubepods/burstable/pod${OTHER}/virt-handler\n`);
});

afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  child = undefined;
  rmSync(root, { recursive: true });
});

function aProcess(pid: number, cgroup: string, state = 'S'): string {
  const directory = join(proc, String(pid));
  mkdirSync(join(directory, 'task'), { recursive: true });
  writeFileSync(join(directory, 'cgroup'), cgroup);
  writeFileSync(join(directory, 'stat'), `${pid} (a ) Z) ${state} 1 1 1`);
  return directory;
}

/** A real process that the pretended /proc has in the pod's cgroup, which lies below the pretended mount. */
function aRealProcess(cgroup: string, directory: string): ChildProcess {
  const started = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  mkdirSync(join(cgroupMount, directory, 'compute'), { recursive: true });
  mkdirSync(join(proc, String(started.pid)));
  writeFileSync(join(proc, String(started.pid), 'cgroup'), cgroup);
  symlinkSync(`/proc/${started.pid}/stat`, join(proc, String(started.pid), 'stat'));
  child = started;
  return started;
}

/** Whether it has ended by now, and waiting for it. */
function waitForEnd(options: { proc: string; cgroupMount: string }, podUid = POD) {
  const abort = new AbortController();
  const wait = { ended: false, done: untilPodHasEnded(podUid, abort.signal, options), abort };
  wait.done.then(
    () => (wait.ended = true),
    () => undefined,
  );
  return wait;
}

const aMoment = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('the end of a pod', () => {
  test('is at once where no process is left', async () => {
    await untilPodHasEnded(POD, new AbortController().signal, { proc, cgroupMount });
  });

  test.each([
    ['cgroup v2', `0::/kubepods/burstable/pod${POD}/compute\n`, `kubepods/burstable/pod${POD}`],
    [
      'cgroup v2 by systemd',
      `0::/kubepods.slice/kubepods-pod${POD.replaceAll('-', '_')}.slice/cri-1.scope\n`,
      `kubepods.slice/kubepods-pod${POD.replaceAll('-', '_')}.slice`,
    ],
    [
      'cgroup v1',
      `5:cpu,cpuacct:/kubepods/pod${POD}/compute\n2:pids:/kubepods/pod${POD}/compute\n`,
      `pids/kubepods/pod${POD}`,
    ],
    ['both', `2:pids:/\n1:name=systemd:/kubepods/pod${POD}/c\n0::/\n`, `systemd/kubepods/pod${POD}`],
  ])('comes with its last process and a change of its cgroup: %s', async (_what, cgroup, directory) => {
    const guest = aRealProcess(cgroup, directory);
    const wait = waitForEnd({ proc, cgroupMount });
    await aMoment();
    // A container of the pod goes, another one stays.
    mkdirSync(join(cgroupMount, directory, 'console'));
    rmdirSync(join(cgroupMount, directory, 'console'));
    await aMoment();
    expect(wait.ended).toBe(false);
    guest.kill('SIGKILL');
    await once(guest, 'close');
    rmdirSync(join(cgroupMount, directory, 'compute'));
    await wait.done;
  });

  test('is not while a thread of an ended process hangs in the kernel', async () => {
    const directory = aProcess(7, '1:pids:/\n', 'Z');
    mkdirSync(join(directory, 'task/8'));
    writeFileSync(join(directory, 'task/8/cgroup'), `1:pids:/kubepods/pod${POD}/compute\n`);
    writeFileSync(join(directory, 'task/8/stat'), '8 (CPU 0/TCG) D 1');
    mkdirSync(join(cgroupMount, `pids/kubepods/pod${POD}`), { recursive: true });
    const wait = waitForEnd({ proc, cgroupMount });
    await aMoment();
    expect(wait.ended).toBe(false);
    wait.abort.abort(new Error('enough'));
    await expect(wait.done).rejects.toThrow('enough');
    // However far it was when nobody waited any more.
    for (let turns = 0; turns < 40; turns++) {
      const again = waitForEnd({ proc, cgroupMount });
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      again.abort.abort(new Error('enough'));
      await expect(again.done).rejects.toThrow('enough');
    }
  });

  test('is when of a process only its entry in the table is left', async () => {
    aProcess(7, `0::/kubepods/pod${POD}/compute\n`, 'Z');
    await untilPodHasEnded(POD, new AbortController().signal, { proc, cgroupMount });
  });

  test('is told by nobody who sees no other pod: without hostPID, or without cgroups per pod', async () => {
    aProcess(1, `0::/kubepods/burstable/pod${OTHER}/virt-handler\n`);
    await expect(waitForEnd({ proc, cgroupMount }).done).rejects.toThrow(PodsNotSeen);
    aProcess(1, '0::/init.scope\n');
    aProcess(2, '0::/system.slice/containerd.service\n');
    await expect(waitForEnd({ proc, cgroupMount }).done).rejects.toThrow(PodsNotSeen);
  });

  test('is told on a node that is itself a container of a pod', async () => {
    const outer = '9b7d3c0e-4f6b-4b0a-9d51-2c1f0f1f9e11';
    aProcess(1, `4:pids:/kubepods/pod${outer}/x/init.scope\n`);
    aProcess(2, `4:pids:/kubepods/pod${outer}/x/kubelet/kubepods/pod${OTHER}/y\n`);
    await untilPodHasEnded(POD, new AbortController().signal, { proc, cgroupMount });
  });

  test('cannot be waited for in a cgroup namespace of our own', async () => {
    aRealProcess(`0::/../pod${POD}/compute\n`, `pod${POD}`);
    await expect(waitForEnd({ proc, cgroupMount }).done).rejects.toThrow('cgroup of the pod can be watched');
  });
});

const hierarchy = ownHierarchy();
if (!hierarchy) console.log('the end of a pod in a real cgroup: skipped, this user may make no cgroups');
(hierarchy ? test : test.skip)('a real cgroup tells its end', async () => {
  const podUid = '0b7d3c0e-4f6b-4b0a-9d51-000000000e11';
  const directory = `${hierarchy}/pod${podUid}`;
  const guest = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  child = guest;
  mkdirSync(`${directory}/compute`, { recursive: true });
  try {
    writeFileSync(`${directory}/compute/cgroup.procs`, String(guest.pid));
    const mount = hierarchy?.replace(/\/(pids|unified)$/, '') ?? '';
    // Beside one of another pod, so that an empty answer means something.
    const own = `/proc/${guest.pid}`;
    symlinkSync(own, join(proc, String(guest.pid)));
    const wait = waitForEnd({ proc, cgroupMount: mount }, podUid);
    await aMoment();
    expect(wait.ended).toBe(false);
    guest.kill('SIGKILL');
    await once(guest, 'close');
    rmdirSync(`${directory}/compute`);
    await wait.done;
  } finally {
    rmSync(join(proc, String(guest.pid)), { force: true });
    guest.kill('SIGKILL');
    for (const part of [`${directory}/compute`, directory]) if (existsSync(part)) rmdirSync(part);
  }
});

/** A hierarchy of this machine in which cgroups can be made. */
function ownHierarchy(): string | undefined {
  return ['/sys/fs/cgroup/pids', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((mount) => {
    try {
      mkdirSync(`${mount}/quickvirt-test`);
      rmdirSync(`${mount}/quickvirt-test`);
      // A directory of a file system that is no cgroup would be made, too.
      return execFileSync('stat', ['-f', '-c', '%T', mount]).toString().startsWith('cgroup');
    } catch {
      return false;
    }
  });
}
