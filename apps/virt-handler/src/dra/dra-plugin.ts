import { once, EventEmitter } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemClock, type Clock } from '@quickvirt/kube';
import { draDeviceName, type QatInventory, type VirtualFunction } from '@quickvirt/qat';
import {
  DRA_SERVICES,
  serveDraPlugin,
  servePluginRegistration,
  type ClaimReference,
  type DraPluginHandlers,
  type RpcServer,
} from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';
import type { Claims } from './claims.ts';
import type { PluginDirectories } from './plugin-directories.ts';

export interface DraPluginOptions {
  driverName: string;
  nodeName: string;
  directories: PluginDirectories;
  claims: Pick<Claims, 'prepare' | 'unprepare'>;
  inventory: () => QatInventory;
  logger: Logger;
  clock?: Clock;
}

/** The kubelet takes a device's health for unknown when it hears nothing for so long. */
const HEALTH_TIMEOUT_SECONDS = 180;
/** So health is told again well before, changed or not. */
const HEALTH_REPEAT_MS = 60_000;
/** Longest message that the kubelet keeps (dra-health, DeviceHealth.message). */
const MAX_MESSAGE_CHARACTERS = 1024;

/** One driver name, served to the kubelet: claims, the health of devices, and the registration that tells of both. */
export class DraPlugin {
  readonly #options: DraPluginOptions;
  readonly #clock: Clock;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #servers: RpcServer[] = [];
  #isRegistered = false;

  constructor(options: DraPluginOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Whether the kubelet knows the driver. */
  get isRegistered(): boolean {
    return this.#isRegistered;
  }

  /** Serves claims first, then lets the kubelet find the driver. @throws Error when a socket cannot be bound. */
  async start(): Promise<void> {
    const { driverName, directories, logger } = this.#options;
    const serviceSocket = directories.serviceSocket(driverName, 'here');
    const registrationSocket = directories.registrationSocket(driverName);
    const onError = (method: string, error: unknown) =>
      logger.warn('a call of the kubelet failed', { driverName, method, error });
    for (const path of [serviceSocket, registrationSocket]) await mkdir(dirname(path), { recursive: true });
    this.#servers.push(await serveDraPlugin(serviceSocket, this.#handlers(), { onError }));
    const registration = {
      getInfo: async () => ({
        type: 'DRAPlugin',
        name: driverName,
        endpoint: directories.serviceSocket(driverName, 'host'),
        supportedVersions: [...DRA_SERVICES],
      }),
      notifyRegistrationStatus: async ({ pluginRegistered, error }: { pluginRegistered: boolean; error: string }) => {
        this.#isRegistered = pluginRegistered;
        logger[pluginRegistered ? 'info' : 'error']('registration of the DRA driver', {
          driverName,
          pluginRegistered,
          error,
        });
        return {};
      },
    };
    this.#servers.push(await servePluginRegistration(registrationSocket, registration, { onError }));
  }

  /** To be called when the inventory changed. */
  changed(): void {
    this.#changes.emit('change');
  }

  /** The registration goes first, so that the kubelet asks nothing of a socket that is gone. */
  async close(): Promise<void> {
    for (const server of this.#servers.splice(0).toReversed()) await server.close(0);
  }

  #handlers(): DraPluginHandlers {
    const { claims, driverName } = this.#options;
    return {
      nodePrepareResources: async ({ claims: wanted }) => ({
        claims: await this.#each(wanted, 'cannot prepare a claim', async (claim) => ({
          devices: await claims.prepare(claim, driverName),
        })),
      }),
      nodeUnprepareResources: async ({ claims: wanted }) => ({
        claims: await this.#each(wanted, 'cannot give a claim back', async (claim) => {
          await claims.unprepare(claim, driverName);
          return {};
        }),
      }),
      nodeWatchResources: (_request, { signal }) => this.#health(signal),
    };
  }

  /** Every claim of a request gets its own answer, so that one that fails keeps no other from its pod. */
  async #each<Answer extends object>(
    claims: readonly ClaimReference[],
    failure: string,
    act: (claim: ClaimReference) => Promise<Answer>,
  ): Promise<Record<string, Answer | { error: string }>> {
    const { driverName, logger } = this.#options;
    const answers = claims.map(async (claim): Promise<[string, Answer | { error: string }]> => {
      try {
        return [claim.uid, await act(claim)];
      } catch (error) {
        logger.warn(failure, { driverName, object: { kind: 'ResourceClaim', ...claim }, error });
        return [claim.uid, { error: error instanceof Error ? error.message : String(error) }];
      }
    });
    return Object.fromEntries(await Promise.all(answers));
  }

  async *#health(gone: AbortSignal) {
    while (!gone.aborted) {
      const changed = once(this.#changes, 'change', { signal: gone });
      const cancel = this.#clock.after(HEALTH_REPEAT_MS, () => this.#changes.emit('change'));
      changed.then(cancel, cancel);
      yield { devices: this.#options.inventory().virtualFunctions.map((one) => this.#healthOf(one)) };
      await changed;
    }
  }

  #healthOf({ pciAddress, usable, findings }: VirtualFunction) {
    const message = findings.map(({ code, cause, remedy }) => `${code}: ${cause} ${remedy}`).join(' ');
    return {
      device: { poolName: this.#options.nodeName, deviceName: draDeviceName(pciAddress) },
      health: usable ? ('HEALTHY' as const) : ('UNHEALTHY' as const),
      lastUpdatedTime: Math.floor(this.#clock.now().getTime() / 1000),
      healthCheckTimeoutSeconds: HEALTH_TIMEOUT_SECONDS,
      message: message.slice(0, MAX_MESSAGE_CHARACTERS),
    };
  }
}
