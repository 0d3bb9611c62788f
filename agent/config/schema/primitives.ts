import { z } from 'zod';

export const Path = z.string().min(1).max(4096);
export const MebiBytes = z.int().min(0).max(1_000_000_000);
export const Listen = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'host:port')
  .refine((address) => Number(address.slice(address.lastIndexOf(':') + 1)) <= 65_535, 'a port is at most 65535');
export const Seconds = z.number().min(0).max(86_400);
