import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VERSION, type VirtualMachineInstance } from '@quickvirt/api';
import type { DomainConfig } from '@quickvirt/config';
import { ConversionError } from '@quickvirt/domain-xml';
import { LibvirtConnectionError } from '@quickvirt/libvirt';
import { RpcError, serveLauncher, type RpcServer } from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';
import type { DomainSnapshot } from './domain-watch.ts';
import { DeviceNotReleased } from './device-removals.ts';
import { FieldError } from './field-error.ts';
import { GuestNotRunning, GuestStopping, type Guest } from './guest.ts';
import { ConsoleTakenOver, ConsoleUnavailable } from './serial-console.ts';

/**
 * Serves `quickvirt.launcher.v1` for the guest. Whoever can open the socket is the node's virt-handler: the directory is
 * the pod's own.
 */
export async function serveCommands(socketPath: string, guest: Guest, logger: Logger): Promise<RpcServer> {
  await mkdir(dirname(socketPath), { recursive: true });
  return serveLauncher(
    socketPath,
    {
      info: async () => ({ version: VERSION, features: ['hotplug-host-device'] }),
      syncDomain: async ({ vmiJson, configJson, facts }) => {
        const request = {
          vmi: parseJson<VirtualMachineInstance>('vmi_json', vmiJson),
          config: parseJson<DomainConfig>('config_json', configJson),
          handlerFacts: facts ?? { taps: [], hostDevices: [] },
        };
        return asRpcErrors(() => guest.sync(request));
      },
      shutdownDomain: async () => {
        await asRpcErrors(() => guest.pressButton());
        return {};
      },
      destroyDomain: async () => {
        await asRpcErrors(() => guest.destroy());
        return {};
      },
      pauseDomain: async () => {
        await asRpcErrors(() => guest.pause());
        return {};
      },
      unpauseDomain: async () => {
        await asRpcErrors(() => guest.unpause());
        return {};
      },
      watchState: (_request, { signal }) => stateMessages(guest, signal),
      console: (stream: Duplex) =>
        asRpcErrors(async () => {
          const session = guest.console.open();
          // The console is open, whether or not the guest has anything to say.
          stream.write({ data: Buffer.alloc(0) });
          const toGuest = pipeline(stream, dataOfEach(), session);
          // Its failure is the other direction's, too; its end is only that of the input.
          toGuest.catch(() => {});
          await pipeline(session, messageOfEach(), stream);
        }),
    },
    { onError: (method, error) => logger.warn('a call failed', { method, error }) },
  );
}

async function* stateMessages(guest: Guest, signal: AbortSignal) {
  for await (const snapshot of guest.watch.snapshots(signal)) yield stateMessage(snapshot);
}

function stateMessage({ revision, state }: DomainSnapshot) {
  return { revision, state: { ...state, phase: `DOMAIN_PHASE_${state.phase}` as const } };
}

// Transforms, not generators: one that iterates over the call would end both of its directions with its input.

function dataOfEach(): Transform {
  return new Transform({
    writableObjectMode: true,
    transform: ({ data }: { data: Buffer }, _encoding, done) => done(null, data),
  });
}

function messageOfEach(): Transform {
  return new Transform({
    readableObjectMode: true,
    transform: (data: Buffer, _encoding, done) => done(null, { data }),
  });
}

function parseJson<T>(field: string, json: Buffer): T {
  try {
    return JSON.parse(json.toString('utf8')) as T;
  } catch (cause) {
    throw new RpcError('INVALID_ARGUMENT', `${field} is no JSON`, { cause });
  }
}

async function asRpcErrors<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw toRpcError(cause);
  }
}

/** What the handler can act on gets its code; the rest becomes INTERNAL. */
function toRpcError(cause: unknown): unknown {
  if (cause instanceof FieldError || cause instanceof ConversionError) {
    const details = { reason: 'FieldNotServed', field: cause.field };
    return new RpcError('FAILED_PRECONDITION', cause.message, { cause, details });
  }
  if (cause instanceof DeviceNotReleased) {
    return new RpcError('ABORTED', cause.message, { cause, details: { reason: cause.name } });
  }
  if (cause instanceof ConsoleTakenOver) return new RpcError('ABORTED', cause.message, { cause });
  if (cause instanceof ConsoleUnavailable || cause instanceof GuestStopping || cause instanceof GuestNotRunning) {
    return new RpcError('FAILED_PRECONDITION', cause.message, { cause, details: { reason: cause.name } });
  }
  if (cause instanceof LibvirtConnectionError) return new RpcError('UNAVAILABLE', cause.message, { cause });
  return cause;
}
