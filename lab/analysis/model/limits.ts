/** What could not be done or is not sure, in sentences for a person. Whoever comes upon it returns it. */
export type Limits = readonly string[];
