import { annotations, type ImagePullPolicy } from '@quickvirt/api';
import { type Context, RenderError } from './context.ts';
import type { Container, PodVolume, VolumeMount } from './pod.ts';
import { sideContainer } from './side-container.ts';

/** VMI annotation: a JSON list of sidecars that change the domain by KubeVirt's hook protocol. */
const hookSidecarsAnnotation = annotations.hookSidecars;
/** Where hook images look for the directory of their socket; part of the protocol. */
const hooksDirectory = '/var/run/kubevirt-hooks';
const socketsVolume = 'hook-sidecar-sockets';

interface HookSidecar {
  image?: string;
  imagePullPolicy?: ImagePullPolicy;
  command?: string[];
  args?: string[];
  configMap?: { name: string; key: string; hookPath: string };
  pvc?: { name: string; volumePath: string };
}

/** Containers that the VMI or a network binding plugin of the cluster brings along, and what they mount. */
export function hookSidecars(context: Context): {
  containers: Container[];
  volumes: PodVolume[];
  computeMounts: VolumeMount[];
} {
  const sidecars = [...annotated(context), ...ofBindingPlugins(context)];
  if (sidecars.length === 0) return { containers: [], volumes: [], computeMounts: [] };
  return {
    containers: sidecars.map((sidecar, index) => container(context, sidecar, index)),
    volumes: [{ name: socketsVolume, emptyDir: {} }, ...sidecars.flatMap(volumesOf)],
    computeMounts: [{ name: socketsVolume, mountPath: hooksDirectory }],
  };
}

function annotated({ vmi, config }: Context): HookSidecar[] {
  const text = vmi.metadata.annotations?.[hookSidecarsAnnotation];
  if (text === undefined || !config.featureGates.includes('Sidecar')) return [];
  const field = `metadata.annotations[${hookSidecarsAnnotation}]`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RenderError(field, 'is no JSON');
  }
  if (!Array.isArray(value)) throw new RenderError(field, 'is no list of sidecars');
  return value as HookSidecar[];
}

function ofBindingPlugins({ interfaces, config }: Context): HookSidecar[] {
  const images = interfaces.flatMap(({ binding }) =>
    binding === undefined ? [] : (config.network.bindings[binding.name]?.sidecarImage ?? []),
  );
  return [...new Set(images)].map((image) => ({ image, imagePullPolicy: config.imagePullPolicy }));
}

function container(context: Context, sidecar: HookSidecar, index: number): Container {
  const name = `hook-sidecar-${index}`;
  const { image, imagePullPolicy, command, args, configMap, pvc } = sidecar;
  return {
    ...sideContainer(context, name, 'sidecar'),
    // A sidecar without an image is a script for the shim in the launcher's image.
    image: image ?? context.options.launcherImage,
    imagePullPolicy: imagePullPolicy ?? context.config.imagePullPolicy,
    ...(command ? { command } : {}),
    ...(args ? { args } : {}),
    volumeMounts: [
      { name: socketsVolume, mountPath: hooksDirectory, subPath: name },
      ...(configMap ? [{ name: configMap.name, mountPath: configMap.hookPath, subPath: configMap.key }] : []),
      ...(pvc ? [{ name: pvc.name, mountPath: pvc.volumePath }] : []),
    ],
  };
}

/** Scripts must be executable. */
const executable = 0o755;

function volumesOf({ configMap, pvc }: HookSidecar): PodVolume[] {
  return [
    ...(configMap ? [{ name: configMap.name, configMap: { name: configMap.name, defaultMode: executable } }] : []),
    ...(pvc ? [{ name: pvc.name, persistentVolumeClaim: { claimName: pvc.name } }] : []),
  ];
}
