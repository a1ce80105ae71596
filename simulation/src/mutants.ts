import type { VirtualMachineInstance } from '@quickvirt/api';
import { finalizers } from '@quickvirt/api';
import {
  ApiError,
  isAlreadyExists,
  isConflict,
  type ApiClient,
  type KubeObject,
  type Lease,
  type Pod,
} from '@quickvirt/kube';
import type { LauncherDialer } from '../../apps/virt-handler/src/launchers/launcher-dialer.ts';
import type { PodEndWait } from '../../apps/virt-handler/src/vmi/pod-ends.ts';

/** Changes what a process of ours asks of the API server. */
export type ClientWrapper = (client: ApiClient, sender: Sender) => ApiClient;

/** Whose client it is. */
export interface Sender {
  /** Whether another process holds the Lease by now that this one leads by. */
  readonly isDeposed: () => boolean;
}

/**
 * A way to break the reconcilers on purpose, through the ports that they reach the world by: the simulation must find
 * each within a bounded number of seeds, or it proves nothing.
 */
export interface Mutant {
  readonly name: string;
  /** What a programmer would have done wrong. */
  readonly mistake: string;
  /** Makes a difference only where a leader is elected. */
  readonly inElections?: boolean;
  readonly controller?: ClientWrapper;
  readonly handler?: ClientWrapper;
  readonly dialer?: (dialer: LauncherDialer) => LauncherDialer;
  /** What virt-handler finds left of a pod on its node. */
  readonly podEnd?: (wait: PodEndWait) => PodEndWait;
}

type Patch = ApiClient['patch'];
type Body = { metadata?: Record<string, unknown>; status?: Record<string, unknown> };

/** A client whose patches are changed before they are sent. */
const patching =
  (change: (body: Body, sent: { plural: string; subresource: string | undefined }) => Body): ClientWrapper =>
  (client) => ({
    ...client,
    patch: ((type, ref, patch, options) =>
      client.patch(
        type,
        ref,
        change(patch as Body, { plural: type.plural, subresource: options.subresource }),
        options,
      )) as Patch,
  });

const without =
  (...fields: string[]) =>
  (metadata: Record<string, unknown> = {}) =>
    Object.fromEntries(Object.entries(metadata).filter(([field]) => !fields.includes(field)));

/** The mistakes, each as data. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no-preconditions',
    mistake: 'patches carry neither uid nor resourceVersion, so that a decision by a stale cache is written',
    controller: patching((body) => ({ ...body, metadata: without('uid', 'resourceVersion')(body.metadata) })),
  },
  {
    name: 'handler-without-resource-version',
    mistake: "virt-handler's status carries the uid alone, so that it overwrites what came meanwhile",
    handler: patching((body) => ({ ...body, metadata: without('resourceVersion')(body.metadata) })),
  },
  {
    name: 'conflict-forced',
    mistake: 'after a conflict the same patch is sent again without its preconditions',
    controller: (client) => ({
      ...client,
      patch: (async (type, ref, patch, options) => {
        try {
          return await client.patch(type, ref, patch, options);
        } catch (error) {
          if (!isConflict(error)) throw error;
          const body = patch as Body;
          const forced = { ...body, metadata: without('uid', 'resourceVersion')(body.metadata) };
          return await client.patch(type, ref, forced, options);
        }
      }) as Patch,
    }),
  },
  {
    name: 'delete-without-uid',
    mistake: 'deletions name no uid, so that a late one hits a successor',
    controller: (client) => ({
      ...client,
      delete: (type, ref, options) => client.delete(type, ref, { ...options, uid: undefined }),
    }),
  },
  {
    name: 'random-pod-name',
    mistake: "the launcher pod's name is drawn anew for each try",
    controller: (client) => {
      let tries = 0;
      return {
        ...client,
        create: (type, object, options) =>
          client.create(type, type.plural === 'pods' ? renamed(object, `-${(tries += 1)}`) : object, options),
      };
    },
  },
  {
    name: 'second-pod',
    mistake: 'when the pod exists already another one is made beside it',
    controller: (client) => ({
      ...client,
      create: async (type, object, options) => {
        try {
          return await client.create(type, object, options);
        } catch (error) {
          if (type.plural !== 'pods' || !isAlreadyExists(error)) throw error;
          return await client.create(type, renamed(object, '-again'), options);
        }
      },
    }),
  },
  {
    name: 'finalizer-dropped-early',
    mistake: "the VMI's finalizers go when its pod is asked to end, not when it is gone",
    controller: (client) => ({
      ...client,
      delete: async (type, ref, options) => {
        await client.delete(type, ref, options);
        if (type.plural !== 'pods') return;
        const name = ref.name.replace(/^virt-launcher-(.*)-[^-]+$/, '$1');
        const vmis = {
          ...type,
          group: 'kubevirt.io',
          plural: 'virtualmachineinstances',
          kind: 'VirtualMachineInstance',
        };
        await client.patch(vmis, { ...ref, name }, { metadata: { finalizers: [] } }, { kind: 'merge' });
      },
    }),
  },
  {
    name: 'vm-finalizer-forgotten',
    mistake: 'a new VMI does not wait for its VM to see its end, which a back-off and RerunOnFailure rely on',
    controller: (client) => ({
      ...client,
      create: (type, object, options) =>
        client.create(type, type.kind === 'VirtualMachineInstance' ? notHeldByVm(object) : object, options),
    }),
  },
  {
    name: 'pod-killed-at-once',
    mistake: 'the pod is deleted with grace period 0: its object goes while its guest still runs',
    controller: (client) => ({
      ...client,
      delete: (type, ref, options) =>
        client.delete(type, ref, type.plural === 'pods' ? { ...options, gracePeriodSeconds: 0 } : options),
    }),
  },
  {
    name: 'request-lost',
    mistake: 'a status write of the VM drops the start and stop requests',
    controller: patching((body, { plural, subresource }) =>
      plural === 'virtualmachines' && subresource === 'status'
        ? { ...body, status: { ...body.status, stateChangeRequests: null } }
        : body,
    ),
  },
  {
    name: 'watch-misses-events',
    mistake: 'now and then an event of a watch is dropped and never made up for',
    controller: (client) => ({ ...client, watch: (type, options) => everySixth(client.watch(type, options)) }),
  },
  {
    name: 'deaf-to-nodes',
    mistake: 'nothing is heard of nodes, so that guests of a silent one are given up while they run',
    controller: (client) => ({
      ...client,
      watch: (type, options) =>
        type.kind === 'Node' ? nothing(client.watch(type, options)) : client.watch(type, options),
    }),
  },
  {
    name: 'errors-swallowed',
    mistake: 'a write that the API server refused for a moment counts as done',
    controller: (client) => ({
      ...client,
      delete: async (type, ref, options) => {
        try {
          await client.delete(type, ref, options);
        } catch (error) {
          if (!(error instanceof ApiError) || error.status < 429) throw error;
        }
      },
    }),
  },
  {
    name: 'another-pods-launcher',
    mistake: 'virt-handler says that any launcher that it reaches is that of the pod',
    handler: patching((body) => {
      const status = body.status as VirtualMachineInstance['status'];
      return { ...body, status: { ...status, phase: 'Running' } as Record<string, unknown> };
    }),
  },
  {
    name: 'end-told-early',
    mistake: 'virt-handler says that nothing is left of a pod that was removed while its guest still ends',
    podEnd: () => () => Promise.resolve(),
  },
  {
    name: 'end-never-told',
    mistake: 'virt-handler does not look what is left of a pod that was removed',
    podEnd: () => () => new Promise(() => undefined),
  },
  {
    name: 'renewal-that-failed-counts',
    inElections: true,
    mistake: 'a leader that cannot renew its Lease goes on as if it had',
    controller: leaseWriting(async (lease, write) => {
      try {
        return await write(lease);
      } catch (error) {
        if (isConflict(error)) throw error;
        return lease;
      }
    }),
  },
  {
    name: 'lease-taken-blindly',
    inElections: true,
    mistake: 'a candidate takes a Lease that has run out although another one was faster',
    controller: leaseWriting((lease, write) => write(withoutVersion(lease))),
  },
  {
    name: 'lease-not-released',
    inElections: true,
    mistake: 'a leader that is told to stop leaves its Lease to run out',
    controller: leaseWriting(async (lease, write) => (lease.spec?.holderIdentity === '' ? lease : await write(lease))),
  },
  {
    name: 'deposed-leader-writes-blindly',
    inElections: true,
    mistake: 'what a leader writes after another one took its place carries no preconditions',
    controller: (client, { isDeposed }) => {
      const blind = patching((body) => ({ ...body, metadata: without('uid', 'resourceVersion')(body.metadata) }))(
        client,
        { isDeposed },
      );
      return { ...client, patch: ((...call) => (isDeposed() ? blind : client).patch(...call)) as Patch };
    },
  },
];

/** Changes how a Lease that is there is written. */
function leaseWriting(
  change: (lease: Lease, write: (lease: Lease) => Promise<Lease>) => Promise<Lease>,
): ClientWrapper {
  return (client) => ({
    ...client,
    replace: (type, object, options) => {
      if (type.kind !== 'Lease') return client.replace(type, object, options);
      const write = (lease: Lease) => client.replace(type, lease as typeof object, options) as Promise<Lease>;
      return change(object as Lease, write) as Promise<typeof object>;
    },
  });
}

function withoutVersion(lease: Lease): Lease {
  const { resourceVersion: _version, ...metadata } = lease.metadata;
  return { ...lease, metadata };
}

function renamed<T extends KubeObject>(object: T, ending: string): T {
  const name = `${(object as unknown as Pod).metadata.name ?? ''}${ending}`;
  return { ...object, metadata: { ...object.metadata, name } };
}

function notHeldByVm<T extends KubeObject>(object: T): T {
  const kept = object.metadata.finalizers?.filter((name) => name !== finalizers.virtualMachine);
  return { ...object, metadata: { ...object.metadata, finalizers: kept } };
}

async function* nothing<T>(events: AsyncGenerator<T>): AsyncGenerator<T> {
  for await (const event of events) if (event === undefined) yield event;
}

async function* everySixth<T>(events: AsyncGenerator<T>): AsyncGenerator<T> {
  let count = 0;
  for await (const event of events) {
    count += 1;
    if (count % 6 !== 0) yield event;
  }
}
