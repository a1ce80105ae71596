/** What the suites' guest may have besides its image. */
export interface GuestOptions {
  terminationGracePeriodSeconds: number;
  /** Size of an empty disk on its node, the guest's /dev/vdb; none when unset. */
  emptyDisk?: string;
}

/** The manifest of a machine that runs always and boots the suites' guest from its image; it needs no network. Pure. */
export function guestMachine(name: string, guestImage: string, options: GuestOptions): object {
  const { terminationGracePeriodSeconds, emptyDisk } = options;
  const volumes = [
    { name: 'root', containerDisk: { image: guestImage } },
    ...(emptyDisk === undefined ? [] : [{ name: 'scratch', emptyDisk: { capacity: emptyDisk } }]),
  ];
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name },
    spec: {
      runStrategy: 'Always',
      template: {
        spec: {
          terminationGracePeriodSeconds,
          domain: {
            memory: { guest: '128Mi' },
            devices: {
              autoattachPodInterface: false,
              disks: volumes.map((volume) => ({ name: volume.name, disk: { bus: 'virtio' } })),
            },
          },
          volumes,
        },
      },
    },
  };
}
