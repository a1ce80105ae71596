import { kubevirts } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import {
  controller,
  keyOf,
  type Controller,
  type ControllerOptions,
  type KubeClient,
  type Reconciler,
} from '@quickvirt/kube';
import { authorityValidity } from '../../certificates/authority.ts';
import { kubevirtOf } from '../../current-config.ts';
import type { Informers } from '../../informers.ts';
import { refOf } from '../../object-ref.ts';
import { decideKubevirt, type KubevirtEffect, type KubevirtObserved } from './decide.ts';

/** What the KubeVirt controller works with. */
export interface KubevirtControllerPorts {
  readonly client: KubeClient;
  readonly informers: Pick<Informers, 'kubevirts' | 'deployments' | 'daemonSets' | 'caSecrets' | 'caBundles'>;
  readonly config: () => ClusterConfig;
  readonly namespace: string;
}

/** Tells in the KubeVirt object how the installation is. */
export function kubevirtController(ports: KubevirtControllerPorts, options: ControllerOptions): Controller {
  const { kubevirts: objects, deployments, daemonSets } = ports.informers;
  const key = () => {
    const kubevirt = kubevirtOf(objects);
    return kubevirt ? [keyOf(kubevirt)] : [];
  };
  return controller('kubevirt', { ...options, workers: 1 })
    .for(objects)
    .watches(deployments, key)
    .watches(daemonSets, key)
    .watches(ports.informers.caSecrets, key)
    .reconciles(kubevirtReconciler(ports), async ({ kubevirt, status }) => {
      const { uid, resourceVersion } = kubevirt.metadata;
      await ports.client.patch(
        kubevirts,
        refOf(kubevirt),
        { metadata: { uid, resourceVersion }, status },
        { kind: 'merge', subresource: 'status' },
      );
    });
}

function kubevirtReconciler({
  informers,
  config,
  namespace,
}: KubevirtControllerPorts): Reconciler<KubevirtObserved, KubevirtEffect> {
  const deployment = (name: string) => informers.deployments.store.get(`${namespace}/${name}`);
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
          authority: authorityValidity({ informers, namespace }),
        },
      );
    },
    decide: decideKubevirt,
  };
}
