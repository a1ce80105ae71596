import { annotationOf, unlessFalse, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { iommuDriver } from './iommu.ts';

/** The memory balloon: statistics for metrics, and free pages given back to the node. */
export function memoryBalloon(context: Context): Element[] {
  const { devices, config, virtioModel } = context;
  if (!unlessFalse(devices.autoattachMemBalloon)) return [element('memballoon', { model: 'none' })];
  const period = config.memBalloonStatsPeriodSeconds;
  return [
    element(
      'memballoon',
      { model: virtioModel, freePageReporting: reportsFreePages(context) ? 'on' : 'off' },
      period > 0 && element('stats', { period }),
      iommuDriver(context),
    ),
  ];
}

/** Memory that is pinned, huge or meant to be steady must stay where it is. */
function reportsFreePages({ config, domain, vmi }: Context): boolean {
  return (
    !config.disableFreePageReporting &&
    domain.cpu?.dedicatedCpuPlacement !== true &&
    domain.memory?.hugepages === undefined &&
    annotationOf(vmi, 'freePageReportingDisabled') !== 'true'
  );
}
