-- One row per sales grid cell.
{{ conformed('grids') }}
