import { type Duplex, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RpcError, type HandlerHandlers, type VmiReference } from '@quickvirt/rpc';
import type { Gauge, Logger } from '@quickvirt/telemetry';
import { launcherOf, type LauncherDirectory } from './launchers/launcher-of.ts';

export interface ConsolePorts extends LauncherDirectory {
  /** Sessions that are open now. */
  sessions: Gauge<never>;
  logger: Logger;
}

type ConsoleStream = Parameters<HandlerHandlers['console']>[0];

/** A caller must say whose console it wants soon: a stream that waits holds memory. */
const OPEN_TIMEOUT_MS = 10_000;

/** Serves the consoles of this node's guests: each is bridged to its launcher's stream, byte for byte. */
export function consoleHandlers(ports: ConsolePorts): Pick<HandlerHandlers, 'console'> {
  return {
    async console(stream, { signal }) {
      const reference = await opening(stream, AbortSignal.any([signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)]));
      const launcher = launcherOf(reference, ports);
      const object = { kind: 'VirtualMachineInstance', ...reference };
      ports.sessions.inc();
      try {
        await bridge(stream, launcher.console({ signal }));
      } finally {
        ports.sessions.dec();
        ports.logger.debug('a console session ended', { object });
      }
    },
  };
}

/** The first message names the guest. It is read by hand: an iterator would end the stream when left. */
async function opening(stream: ConsoleStream, signal: AbortSignal): Promise<VmiReference> {
  const { promise, resolve, reject } = Promise.withResolvers<VmiReference>();
  const late = () => reject(new RpcError('DEADLINE_EXCEEDED', 'the first message must name the instance'));
  const read = () => {
    const message = stream.read() as { open?: VmiReference } | null;
    if (message === null) return;
    // What follows is the session's.
    stream.off('readable', read);
    if (message.open) resolve(message.open);
    else reject(new RpcError('INVALID_ARGUMENT', 'the first message must name the instance (open)'));
  };
  const ended = () => reject(new RpcError('INVALID_ARGUMENT', 'the stream ended before it named an instance'));
  stream.on('readable', read).once('end', ended).once('error', reject);
  signal.addEventListener('abort', late, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', late);
    stream.off('readable', read).off('end', ended).off('error', reject);
  }
}

/** Both directions with back-pressure; the client's half-close reaches the guest's side, the guest's end ends the call. */
async function bridge(stream: ConsoleStream, guest: Duplex): Promise<void> {
  const toGuest = pipeline(stream as Duplex, dataOnly(), guest);
  // A failure of one direction ends the other, which tells; a client that half-closes still reads.
  toGuest.catch(() => undefined);
  await pipeline(guest, dataOnly(), stream as Duplex);
}

/** Passes `data` on; an `open` in the middle of a session is nobody's. */
function dataOnly(): Transform {
  return new Transform({
    objectMode: true,
    transform({ data }: { data?: Buffer }, _encoding, done) {
      if (data === undefined) done(new RpcError('INVALID_ARGUMENT', 'a session names its instance once'));
      else done(null, { data });
    },
  });
}
