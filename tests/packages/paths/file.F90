subroutine twice(value)
    real, intent(inout) :: value
    value = 2 * value
#if defined(NAMES_ITSELF)
    write (*, *) __FILE__
#endif
end subroutine twice
