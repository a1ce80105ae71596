import { annotations, kubevirts } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import {
  controller,
  keyOf,
  type Controller,
  type ControllerOptions,
  type KubeClient,
  type Lease,
  type Reconciler,
  type StoreChange,
} from '@quickvirt/kube';
import { authorityValidity } from '../../certificates/authority.ts';
import { isFollowed, IssuedLeaves, leafOfHeartbeat } from '../../certificates/leaves.ts';
import { kubevirtOf } from '../../current-config.ts';
import type { Informers } from '../../informers.ts';
import { refOf } from '../../object-ref.ts';
import { decideKubevirt, type KubevirtEffect, type KubevirtObserved } from './decide.ts';

/** What the KubeVirt controller works with. */
export interface KubevirtControllerPorts {
  readonly client: KubeClient;
  readonly informers: Pick<
    Informers,
    | 'kubevirts'
    | 'deployments'
    | 'daemonSets'
    | 'caSecrets'
    | 'caBundles'
    | 'heartbeats'
    | 'signingRequests'
    | 'leafPods'
  >;
  readonly config: () => ClusterConfig;
  readonly namespace: string;
}

/** Tells in the KubeVirt object how the installation is. */
export function kubevirtController(ports: KubevirtControllerPorts, options: ControllerOptions): Controller {
  const { kubevirts: objects, deployments, daemonSets, heartbeats, signingRequests, leafPods } = ports.informers;
  const issued = new IssuedLeaves(signingRequests, leafPods);
  const key = () => {
    const kubevirt = kubevirtOf(objects);
    return kubevirt ? [keyOf(kubevirt)] : [];
  };
  return (
    controller('kubevirt', { ...options, workers: 1 })
      .for(objects)
      .watches(deployments, key)
      .watches(daemonSets, key)
      .watches(ports.informers.caSecrets, key)
      // They are renewed all the time; only another certificate is news.
      .watches(heartbeats, key, tellsAnotherCertificate)
      .watches(signingRequests, key, ({ type, object }) => type === 'applied' && isFollowed(object))
      .watches(leafPods, key, ({ type }) => type === 'deleted')
      .reconciles(kubevirtReconciler(ports, issued), async ({ kubevirt, status }) => {
        const { uid, resourceVersion } = kubevirt.metadata;
        await ports.client.patch(
          kubevirts,
          refOf(kubevirt),
          { metadata: { uid, resourceVersion }, status },
          { kind: 'merge', subresource: 'status' },
        );
      })
  );
}

function tellsAnotherCertificate(change: StoreChange<Lease>): boolean {
  const told = (lease: Lease | undefined) => lease?.metadata.annotations?.[annotations.servingCertificate];
  return change.type === 'deleted' || told(change.object) !== told(change.previous);
}

function kubevirtReconciler(
  { informers, config, namespace }: KubevirtControllerPorts,
  issued: IssuedLeaves,
): Reconciler<KubevirtObserved, KubevirtEffect> {
  const deployment = (name: string) => informers.deployments.store.get(`${namespace}/${name}`);
  const leaves = () => [
    ...informers.heartbeats.store
      .list()
      .map(leafOfHeartbeat)
      .filter((leaf) => leaf !== undefined),
    ...issued.list(),
  ];
  return {
    name: 'kubevirt',
    observe: (key) => {
      const kubevirt = informers.kubevirts.store.get(key);
      return Promise.resolve(
        kubevirt && {
          kubevirt,
          config: config(),
          deployments: { 'virt-api': deployment('virt-api'), 'virt-controller': deployment('virt-controller') },
          handlers: informers.daemonSets.store.get(`${namespace}/virt-handler`),
          certificates: { authority: authorityValidity({ informers, namespace }), leaves: leaves() },
        },
      );
    },
    decide: decideKubevirt,
  };
}
