import { mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@quickvirt/kube';
import { settle } from '@quickvirt/testing';
import type { Logger } from '@quickvirt/telemetry';
import { FakeLauncher } from '../testing/fake-launcher.ts';
import type { LauncherView } from './launcher-connection.ts';
import { socketDialer } from './launcher-dialer.ts';
import { Launchers } from './launchers.ts';

const POD = '11111111-2222-3333-4444-555555555555';
const KEY = 'default/a';
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };

let kubelet: string;
let sockets: string;
let launchers: Launchers;
let launcher: FakeLauncher;

beforeEach(async () => {
  kubelet = await mkdtemp(join(tmpdir(), 'k'));
  sockets = join(kubelet, 'pods', POD, 'volumes/kubernetes.io~empty-dir/sockets');
  await mkdir(sockets, { recursive: true });
  launcher = new FakeLauncher();
  launchers = new Launchers({ dialer: socketDialer(kubelet), logger, clock: systemClock });
});

afterEach(async () => {
  launchers.close();
  await launcher.close();
  await rm(kubelet, { recursive: true });
});

/** Resolves with the view once it is as wanted; looks at each change. */
function seen(wanted: (view: LauncherView) => boolean): Promise<LauncherView> {
  const { promise, resolve } = Promise.withResolvers<LauncherView>();
  const look = () => {
    const view = launchers.get(KEY)?.view;
    if (view && wanted(view)) resolve(view);
  };
  const end = launchers.subscribe(look);
  look();
  return promise.finally(end);
}

const heard = (phase: string) => seen((view) => view.type === 'heard' && view.state.phase === phase);
const silent = (error: RegExp) => seen((view) => view.type === 'silent' && error.test(view.error ?? ''));
const socketPath = () => join(sockets, 'launcher.sock');

describe('Launchers', () => {
  test('waits for the socket, then follows the state', async () => {
    launchers.connect(KEY, POD);
    await launcher.listen(sockets);
    await heard('DOMAIN_PHASE_UNSPECIFIED');
    launcher.state = { phase: 'DOMAIN_PHASE_RUNNING', guestMemoryBytes: 1024 };
    expect(await heard('DOMAIN_PHASE_RUNNING')).toMatchObject({ state: { guestMemoryBytes: 1024 } });
    expect(launchers.get(KEY)?.client).toBeDefined();
  });

  test('tells a launcher that fell silent, and finds it again', async () => {
    await launcher.listen(sockets);
    launchers.connect(KEY, POD);
    await heard('DOMAIN_PHASE_UNSPECIFIED');
    await launcher.close();
    await silent(/./);
    expect(launchers.get(KEY)?.client).toBeUndefined();
    await launcher.listen(sockets);
    await heard('DOMAIN_PHASE_UNSPECIFIED');
  });

  test('holds nothing of the pod once its launcher has gone, so that the kubelet can unmount', async () => {
    await launcher.listen(sockets);
    launchers.connect(KEY, POD);
    await heard('DOMAIN_PHASE_UNSPECIFIED');
    await launcher.close();
    await rm(socketPath(), { force: true });
    await silent(/closed its socket/);
    await settle(async () => expect(await heldBeneath(kubelet)).toEqual([]));
  });

  test('a new follower of a running guest gets the whole state', async () => {
    await launcher.listen(sockets);
    launcher.state = { phase: 'DOMAIN_PHASE_RUNNING', machineType: 'q35' };
    launchers.connect(KEY, POD);
    expect(await heard('DOMAIN_PHASE_RUNNING')).toMatchObject({ state: { machineType: 'q35' } });
  });

  test('follows no link where the socket belongs', async () => {
    await launcher.listen(kubelet);
    await symlink(join(kubelet, 'launcher.sock'), socketPath());
    launchers.connect(KEY, POD);
    await silent(/symbolic link/);
  });

  test('follows no link on the way', async () => {
    await rm(sockets, { recursive: true });
    await launcher.listen(kubelet);
    await symlink(kubelet, sockets);
    launchers.connect(KEY, POD);
    await silent(/symbolic link/);
  });

  test('talks to sockets only', async () => {
    await writeFile(socketPath(), '');
    launchers.connect(KEY, POD);
    await silent(/no socket/);
  });

  test('takes no path for a uid', async () => {
    launchers.connect(KEY, '../../etc');
    await silent(/no uid/);
  });

  test('a launcher that floods is read at a bounded rate', async () => {
    await launcher.listen(sockets);
    launchers.connect(KEY, POD);
    await heard('DOMAIN_PHASE_UNSPECIFIED');
    const begun = performance.now();
    let changes = 0;
    launchers.subscribe(() => changes++);
    for (let sent = 1; sent <= 30; sent++) {
      launcher.state = { guestMemoryBytes: sent };
      await new Promise(setImmediate);
    }
    launcher.state = { phase: 'DOMAIN_PHASE_RUNNING' };
    await heard('DOMAIN_PHASE_RUNNING');
    expect(changes).toBeGreaterThan(20);
    expect(performance.now() - begun).toBeGreaterThan(700);
  });
});

/** What this process has open beneath a directory. */
async function heldBeneath(directory: string): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  const paths = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return paths.filter((path) => path.startsWith(directory));
}
