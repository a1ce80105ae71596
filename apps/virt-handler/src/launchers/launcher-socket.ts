import { readdir } from 'node:fs/promises';
import { openBeneath, openEntry, UnsafePathError, waitInDirectory, type HeldPath } from '@quickvirt/host';
import { LAUNCHER_SOCKET_NAME } from '@quickvirt/launcher-pod';

/** The volume `sockets` of the launcher pod, as the kubelet lays it out beneath a pod's directory. */
const SOCKETS_VOLUME = ['volumes', 'kubernetes.io~empty-dir', 'sockets'];
/** A uid as the API server makes them (RFC 9562); nothing else becomes part of a path. */
const UID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Waits for a launcher's socket and holds it. The pod owns the directory, so nothing in it is trusted: no link is
 * followed, and what is held is a socket; connect through its `path`, which no rename can lead elsewhere.
 * @throws UnsafePathError when something else lies where the socket belongs; Error with code ENOENT when the pod has no
 * directory on this node; the signal's reason when aborted.
 */
export async function waitForLauncherSocket(
  kubeletDirectory: string,
  podUid: string,
  signal: AbortSignal,
): Promise<HeldPath> {
  await using directory = await socketDirectory(kubeletDirectory, podUid);
  return await waitInDirectory(directory.path, () => socketIn(directory), signal);
}

/**
 * Opens the socket that is there now, as {@link waitForLauncherSocket} does, without waiting: whoever waits holds the
 * directory, and the kubelet cannot unmount the volume of a pod that ends.
 * @throws the same, and Error when there is none.
 */
export async function openLauncherSocket(kubeletDirectory: string, podUid: string): Promise<HeldPath> {
  await using directory = await socketDirectory(kubeletDirectory, podUid);
  const socket = await socketIn(directory);
  if (!socket) throw new Error('the launcher has closed its socket');
  return socket;
}

/** Uids of the pods of this node that have a directory for a launcher's socket. */
export async function podsWithLauncherSocket(kubeletDirectory: string): Promise<string[]> {
  const entries = await readdir(`${kubeletDirectory}/pods`).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const uids = entries.filter((name) => UID.test(name));
  const has = await Promise.all(uids.map((podUid) => hasSocketDirectory(kubeletDirectory, podUid)));
  return uids.filter((_uid, index) => has[index]);
}

async function hasSocketDirectory(kubeletDirectory: string, podUid: string): Promise<boolean> {
  try {
    await (await socketDirectory(kubeletDirectory, podUid)).close();
    return true;
  } catch {
    // Another pod, or one whose volumes are gone.
    return false;
  }
}

async function socketDirectory(kubeletDirectory: string, podUid: string): Promise<HeldPath> {
  if (!UID.test(podUid)) throw new UnsafePathError(`${JSON.stringify(podUid)} is no uid of a pod`);
  return openBeneath(`${kubeletDirectory}/pods`, [podUid, ...SOCKETS_VOLUME]);
}

async function socketIn(directory: HeldPath): Promise<HeldPath | undefined> {
  let held: HeldPath;
  try {
    held = await openEntry(directory, LAUNCHER_SOCKET_NAME);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (held.stats.isSocket()) return held;
  await held.close();
  throw new UnsafePathError(`${LAUNCHER_SOCKET_NAME} in the launcher's socket directory is no socket`);
}
