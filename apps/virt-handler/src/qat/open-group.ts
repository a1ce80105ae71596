import { open } from 'node:fs/promises';

/**
 * Whether somebody has an IOMMU group open, through its own node or through that of a device in it: a group is opened by
 * one at a time, and a second opener gets EBUSY (Linux vfio group.c, `vfio_group_fops_open`). Opening it and closing it
 * again changes nothing.
 * @param deviceDirectory the host's `/dev`.
 */
export async function isGroupOpen(deviceDirectory: string, iommuGroup: number): Promise<boolean> {
  try {
    await using _group = await open(`${deviceDirectory}/vfio/${iommuGroup}`, 'r+');
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Gone meanwhile: nobody can have it.
    if (code === 'ENOENT' || code === 'ENODEV') return false;
    // Busy, or it cannot be told: then it counts as open.
    return true;
  }
}
