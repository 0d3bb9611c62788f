import { z } from 'zod';

/** How many entries of a list, newest first where it has times. */
export const ListRequest = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) });
export type ListRequest = z.infer<typeof ListRequest>;

/** What `GET` on a list answers. */
export const listOf = <T extends z.ZodType>(item: T): z.ZodObject<{ items: z.ZodArray<T> }> =>
  z.object({ items: z.array(item) });

/** The body of every error (RFC 9457): `type`, `title`, `status` and `detail` as there, the rest is ours. */
export const ProblemView = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  stage: z.string(),
  hint: z.string(),
  retryable: z.boolean(),
});
export type ProblemView = z.infer<typeof ProblemView>;
