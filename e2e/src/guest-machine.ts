/** The manifest of a machine that runs always and boots the suites' guest from its image; it needs no network. Pure. */
export function guestMachine(name: string, guestImage: string, terminationGracePeriodSeconds: number): object {
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
            devices: { autoattachPodInterface: false, disks: [{ name: 'root', disk: { bus: 'virtio' } }] },
          },
          volumes: [{ name: 'root', containerDisk: { image: guestImage } }],
        },
      },
    },
  };
}
