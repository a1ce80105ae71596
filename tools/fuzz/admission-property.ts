import type fc from 'fast-check';

/** Something that has to hold of every object. */
export interface AdmissionProperty {
  name: string;
  property: fc.IProperty<[object, number]>;
}
