import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** Whose domain this is, for those who look at libvirt alone. The namespace is KubeVirt's, which tools look for. */
export function metadata({ vmi }: Context): Element[] {
  return [
    element(
      'metadata',
      {},
      element('kubevirt', { xmlns: 'http://kubevirt.io' }, element('uid', {}, vmi.metadata.uid ?? '')),
    ),
  ];
}
