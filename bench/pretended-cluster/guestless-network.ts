/**
 * The neutral harness's machines have a pod network, which this release does not serve to guests yet. The API server
 * itself takes it off them here, before webhooks and storage, by a MutatingAdmissionPolicy: everything else of the
 * harness stays as it is. Goes when networks are served.
 */
export function withoutGuestNetworks(): object[] {
  const policy = 'bench-without-guest-networks';
  const onSpec = (path: string, spec: string) => [
    `(has(${spec}.networks) ? [JSONPatch{op: "remove", path: "${path}/networks"}] : [])`,
    `(has(${spec}.domain.devices.interfaces) ? [JSONPatch{op: "remove", path: "${path}/domain/devices/interfaces"}] : [])`,
    `[JSONPatch{op: "add", path: "${path}/domain/devices/autoattachPodInterface", value: false}]`,
  ];
  const mutationsOf = (kind: string, path: string, spec: string) => ({
    patchType: 'JSONPatch',
    jsonPatch: { expression: `object.kind == "${kind}" ? (${onSpec(path, spec).join(' + ')}) : []` },
  });
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingAdmissionPolicy',
      metadata: { name: policy },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['kubevirt.io'],
              apiVersions: ['*'],
              operations: ['CREATE'],
              resources: ['virtualmachines', 'virtualmachineinstances'],
            },
          ],
        },
        mutations: [
          mutationsOf('VirtualMachine', '/spec/template/spec', 'object.spec.template.spec'),
          mutationsOf('VirtualMachineInstance', '/spec', 'object.spec'),
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name: policy },
      spec: {
        policyName: policy,
        matchResources: { objectSelector: { matchLabels: { 'bench.quickvirt.dev/run': 'bench' } } },
      },
    },
  ];
}
