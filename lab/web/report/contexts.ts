import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type FindPlaces, placeFinder } from '../../report/finding/places.js';
import type { DiagnosisPart } from '../../report/page-data.js';

/** Source lines by `file:line`, for whatever shows a place. */
export const SourcesContext = createContext<DiagnosisPart['sources']>({});
export const useSources = () => useContext(SourcesContext);

/** Finds the places in a text, knowing the files that the diagnosis names. */
export const PlacesContext = createContext<FindPlaces>(placeFinder([]));
export const useFindPlaces = () => useContext(PlacesContext);
