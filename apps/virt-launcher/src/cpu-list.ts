/** A kernel list of CPUs or NUMA nodes such as `0-3,8`, ascending. @throws Error when it is none. */
export function parseCpuList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range);
    if (!match) throw new Error(`${JSON.stringify(text)} is no list of CPUs`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}
