/** Models that find out what is in sessions: read, chosen, added, verified, forgotten. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, told } from './client';
import { keys } from './keys';
import type { Model, ModelCheck, Models } from './types';

export function useModels() {
  return useQuery({
    queryKey: keys.models,
    queryFn: async ({ signal }): Promise<Models> => told(await api.GET('/api/models', { signal })),
  });
}

const called = (name: string) => ({ params: { path: { name } } });

export function useModelRequests() {
  const client = useQueryClient();
  const put = async (models: Models): Promise<void> => {
    client.setQueryData(keys.models, models);
    await client.invalidateQueries({ queryKey: keys.settings });
  };
  return {
    use: async (name: string): Promise<void> => put(told(await api.PUT('/api/models/{name}/use', called(name)))),
    forget: async (name: string): Promise<void> => put(told(await api.DELETE('/api/models/{name}', called(name)))),
    /** Take in the model in a folder of this computer, under a name or its folder's. */
    add: async (path: string, name: string | null): Promise<Model> => {
      const model = told(await api.POST('/api/models', { body: { path, name } }));
      await client.invalidateQueries({ queryKey: keys.models });
      return model;
    },
    /** `signal` ends it. */
    verify: async (name: string, signal: AbortSignal): Promise<ModelCheck> => {
      const found = told(await api.POST('/api/models/{name}/verify', { ...called(name), signal }));
      await client.invalidateQueries({ queryKey: keys.models });
      return found;
    },
  };
}
