/** Id of the field that `/` leads to. */
export const SEARCH_FIELD = 'search';
