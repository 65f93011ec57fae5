function where() result(name)
    character(len=200) :: name
    name = __FILE__
    write (*, *) name
end function where
