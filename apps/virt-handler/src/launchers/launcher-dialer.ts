import { dialLauncher, type LauncherClient } from '@quickvirt/rpc';
import { openLauncherSocket, waitForLauncherSocket } from './launcher-socket.ts';

/** A line to one launcher; disposing of it ends every call on it. */
export interface LauncherLine extends AsyncDisposable {
  readonly client: LauncherClient;
}

/** How launchers are reached: a port, so that connections also run without sockets. */
export interface LauncherDialer {
  /** Waits for the launcher of that pod to listen. Rejects with the signal's reason when aborted. */
  awaitLauncher(podUid: string, signal: AbortSignal): Promise<LauncherLine>;
  /** Dials a launcher that listened before. Rejects when it does no more. */
  redial(podUid: string): Promise<LauncherLine>;
}

/** Dials the sockets that launchers open in their pods' directories. */
export function socketDialer(kubeletDirectory: string): LauncherDialer {
  return {
    awaitLauncher: async (podUid, signal) => lineTo(await waitForLauncherSocket(kubeletDirectory, podUid, signal)),
    redial: async (podUid) => lineTo(await openLauncherSocket(kubeletDirectory, podUid)),
  };
}

function lineTo(socket: Awaited<ReturnType<typeof openLauncherSocket>>): LauncherLine {
  const client = dialLauncher(socket.path);
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await socket.close();
    },
  };
}
